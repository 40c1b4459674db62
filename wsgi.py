import sys
from pathlib import Path

from base import migration
from feedback.app import create_app

app = create_app()
if Path(sys.argv[0]).stem == "flask":  # for `flask db`; whoever serves does without it
    migration.prepare(app)
