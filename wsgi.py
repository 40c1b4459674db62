import sys

from base import migration
from feedback.app import create_app

app = create_app()
if "flask_migrate" in sys.modules:  # asked by `flask db`; whoever serves does without it
    migration.prepare(app)
