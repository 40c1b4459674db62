"""What came back to us by mail: a report of a server, a complaint, an answering machine, or the words of a person.

Pure calculation over bytes that anybody may have written: no input raises, and nothing in it is believed for more
than its kind. Whose mail it was is told by the signed address it came back to, never by what it says.
"""

from surveys.returning.letter import Letter
from surveys.returning.report import Returned, classify, refusal

__all__ = ["Letter", "Returned", "classify", "refusal"]
