"""Works out what becomes of an uploaded table before anybody is asked: in turns, on a sheet of paper beside it."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TextIO
from zoneinfo import ZoneInfo

from accounts.workspace import Workspace
from base.db import reading, transaction
from base.errors import AfterwordError
from base.jobs import enqueue, job
from surveys import bookmark
from surveys.forecast import Forecast
from surveys.foreseeing import Fate
from surveys.importer import BATCH, TURN, forget_sheet, occasion_of, opened, sheet_of
from surveys.importing import Row, RowError, read_rows
from surveys.intake import Occasion
from surveys.mapping import Mapping
from surveys.selection import Asker
from surveys.sheet import BusyError, Sheet
from surveys.survey import Survey
from surveys.tallying import EXAMPLES, Tally
from surveys.upload import Upload


@job
def foresee_upload(upload_id: uuid.UUID) -> None:
    """Count on for a while, and ask for the rest; what is counted is kept on the upload. Writes no other row."""
    with reading() as session:
        upload = session.get_one(Upload, upload_id)
    if upload.state != "mapped" or upload.forecast.get("state") != "counting":
        return
    key = upload.forecast["key"]
    try:
        _show(upload_id, key, **_go_on(upload, key))
    except BusyError:  # another worker counts
        return
    except AfterwordError as error:
        _show(upload_id, key, state="failed", reason=error.detail)


def _show(upload_id: uuid.UUID, key: str, **told: object) -> None:
    """Keep how far it is, unless somebody wished another forecast meanwhile."""
    with transaction() as session:
        upload = session.get_one(Upload, upload_id, with_for_update=True, populate_existing=True)
        if upload.state != "mapped" or upload.forecast.get("state") != "counting":
            return
        if upload.forecast["key"] == key:
            upload.forecast = {**upload.forecast, **told}
        if upload.forecast["state"] == "counting":
            enqueue(foresee_upload, upload_id)


def _go_on(upload: Upload, key: str) -> dict[str, object]:
    """What is to be shown after another turn."""
    path = sheet_of(upload.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with Sheet(path) as sheet:
        if sheet.read("key") != key:
            sheet.clear()
            sheet.note(key=key, rows=0, read=0, sorted=False, tally=Tally().written)
        found = _Turn.of(upload, sheet).work()
    if found["state"] == "done":
        forget_sheet(upload.id)
    return found


@dataclass
class _Turn:
    """A few seconds of counting."""

    upload: Upload
    forecast: Forecast
    tally: Tally
    zone: ZoneInfo
    until: float

    @classmethod
    def of(cls, upload: Upload, sheet: Sheet) -> _Turn:
        at = upload.foreseen_at
        assert at is not None
        with reading() as session:
            zone = session.get_one(Workspace, upload.workspace_id).zone
            forecast = Forecast(upload.workspace_id, _asker(upload), sheet, at)
        return cls(upload, forecast, Tally.read(sheet.read("tally")), ZoneInfo(zone), time.monotonic() + TURN)

    def work(self) -> dict[str, object]:
        sheet = self.forecast.sheet
        finished = self._read() and self._settle()
        sheet.note(tally=self.tally.written)
        told = {"bytes": sheet.read("read"), "state": "done" if finished else "counting"}
        return told | self.tally.written

    def _read(self) -> bool:
        """Judge rows one by one; whether all are."""
        sheet = self.forecast.sheet
        if sheet.read("sorted"):
            return True
        begun, key = time.monotonic(), ("forecast", self.upload.id, sheet.read("key"))
        here = bookmark.find(key, sheet.read("rows"), self._items)
        self.until = max(self.until, 2 * time.monotonic() - begun)  # passing over what is done takes its time too
        with ExitStack() as closing:
            closing.callback(here.close)
            while batch := here.batch(BATCH):
                self._count(batch)
                if time.monotonic() > self.until:
                    sheet.note(rows=here.after, read=here.stream.buffer.tell())
                    closing.pop_all()
                    bookmark.keep(key, here)
                    return False
        sheet.sort()
        sheet.note(rows=here.after, read=self.upload.size, sorted=True)
        return True

    @contextmanager
    def _items(self) -> Iterator[tuple[TextIO, Iterator[Row | RowError]]]:
        """The first thing to say of each row."""
        with opened(self.upload) as (stream, layout):
            chosen = Mapping.chosen(layout.headers, self.upload.mapping["choices"])
            items = read_rows(stream, layout.dialect, mapping=chosen, zone=self.zone, now=self.forecast.at)
            yield stream, (next(group) for _, group in itertools.groupby(items, key=lambda item: item.number))

    def _count(self, batch: list[Row | RowError]) -> None:
        occasions: list[tuple[int, Occasion]] = []
        emails: dict[int, str] = {}
        for item in batch:
            if isinstance(item, RowError):
                self._refused("refused", item)
                continue
            if item.notes:
                self._refused("noted", item.notes[0])
            if item.repeated:
                self._counted(Fate("known", (item.number,)), item.email)
                continue
            emails[item.number] = item.email
            occasions.append((item.number, occasion_of(item, self.upload.source)))
        for number, fate in self.forecast.take(occasions):
            self._counted(fate, emails[number])

    def _refused(self, kind: str, wrong: RowError) -> None:
        key = f"{kind}.{wrong.key}"
        self.tally.add(key)
        self.tally.show(key, wrong.number, wrong.column, wrong.value)

    def _counted(self, fate: Fate, email: str) -> None:
        self.tally.add(fate.key, fate.count, at=fate.at)
        if fate.kind == "ask":
            self.tally.add(f"wait.{fate.cause or 'now'}", fate.count, at=fate.at)
        for row in fate.rows:
            self.tally.show(fate.key, row, email, fate.at.isoformat() if fate.at else "")

    def _settle(self) -> bool:
        """Play the turns of each person through; whether all are."""
        if self.forecast.asker is None:
            return True
        while True:
            counted = False
            for fate, email in self.forecast.settle(named=EXAMPLES):
                counted = True
                self._counted(fate, email)
            if not counted:
                return True
            if time.monotonic() > self.until:
                return False


def _asker(upload: Upload) -> Asker | None:
    """The survey that the table's people would be asked, or None. ConflictError where it has nothing to ask."""
    if upload.survey_id is None:
        return None
    return Asker.to_ask(Survey.of(upload.workspace_id, upload.survey_id))
