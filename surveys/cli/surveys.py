"""`afterword surveys …`: surveys from the command line."""

from __future__ import annotations

from typing import BinaryIO

import click
from flask.cli import with_appcontext

from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import ConflictError, InvalidError
from surveys import exchanging, jobs
from surveys.exchanging import LARGEST, Parcel
from surveys.forms.flaws import sentence
from surveys.forms.translating import Names, file_problem, reason
from surveys.invitation import Invitation
from surveys.library import TEMPLATES
from surveys.making import origin
from surveys.scale import SCALES
from surveys.survey import Survey
from surveys.translating.files import ENDINGS, Kind, Wish, name_of, read, write
from surveys.translating.judging import UnreadableError, applied, judge
from surveys.version import Version
from surveys.wording import LOCALES

workspace_option = click.option("--workspace", "slug", required=True, help="Slug, as in the address /w/SLUG/.")


@click.group()
def surveys() -> None:
    """What we ask: list, create, publish, close."""


@surveys.command("list")
@workspace_option
@with_appcontext
def list_surveys(slug: str) -> None:
    """One line a survey: slug, metric, state, name."""
    for survey in Survey.all_of(Workspace.by_slug(slug).id):
        state = (
            "closed"
            if survey.closed_at
            else f"version {survey.published_number}"
            if survey.published_number
            else "draft"
        )
        click.echo(f"{survey.slug}\t{survey.metric}\t{state}\t{survey.name}")


@surveys.command("create")
@workspace_option
@click.option("--name", required=True)
@click.option("--metric", type=click.Choice(list(SCALES)), help="Ask for this score and a comment.")
@click.option("--template", type=click.Choice(list(TEMPLATES)), help="Or make it of this ready-made survey.")
@click.option("--expectation", is_flag=True, help="With --template servqual: also ask what people expect.")
@click.option(
    "--locale", "locales", multiple=True, type=click.Choice(LOCALES), help="Once a language; the first is the main one."
)
@click.option("--publish", is_flag=True, help="Publish version 1 at once.")
@with_appcontext
def create_survey(
    *,
    slug: str,
    name: str,
    metric: str | None,
    template: str | None,
    expectation: bool,
    locales: tuple[str, ...],
    publish: bool,
) -> None:
    """Make a survey with ready-made words, and print its slug."""
    made_of = origin(template or metric or "")
    if made_of is None or (metric and template):
        raise click.UsageError("Give --metric or --template, one of them.")
    if expectation and "expectation" not in made_of.options:
        raise click.UsageError("Only --template servqual can also ask what people expect.")
    workspace, now = Workspace.by_slug(slug), clock.now()
    chosen = tuple(dict.fromkeys(locales)) or (workspace.default_locale,)
    document = made_of.document(chosen, chosen=("expectation",) if expectation else ())
    with transaction():
        survey = Survey.create(workspace.id, name, document, at=now)
        if publish:
            survey.publish(at=now)
        click.echo(survey.slug)


@surveys.command("export")
@workspace_option
@click.argument("survey")
@click.option("--version", "number", type=click.IntRange(min=1), help="A published version instead of the draft.")
@with_appcontext
def export_survey(slug: str, survey: str, number: int | None) -> None:
    """Write SURVEY (slug or id) to stdout as one JSON file."""
    found = Survey.of(Workspace.by_slug(slug).id, survey)
    document = found.draft if number is None else Version.numbered(found.id, number).document
    click.echo(exchanging.pack(Parcel(found.name, document)), nl=False)


@surveys.command("import")
@workspace_option
@click.argument("file", type=click.File("rb"))
@with_appcontext
def import_survey(slug: str, file: BinaryIO) -> None:
    """Make a draft of an exported FILE (- for stdin) and print its slug; with flaws, list them and keep nothing."""
    workspace = Workspace.by_slug(slug)
    parcel, flaws = exchanging.unpack(file.read(LARGEST + 1))
    if parcel is None:
        for flaw in flaws:
            click.echo(f"{flaw.path or 'file'}: {sentence(flaw)}", err=True)
        raise ConflictError("Nothing was imported.")
    with transaction():
        click.echo(Survey.create(workspace.id, parcel.name, parcel.document, at=clock.now()).slug)


@surveys.command("publish")
@workspace_option
@click.argument("survey")
@with_appcontext
def publish_survey(slug: str, survey: str) -> None:
    """Freeze the draft of SURVEY (slug or id) as its next version."""
    workspace = Workspace.by_slug(slug)
    with transaction():
        version = Survey.of(workspace.id, survey).publish(at=clock.now())
        click.echo(f"version {version.number}")


@surveys.command("close")
@workspace_option
@click.argument("survey")
@with_appcontext
def close_survey(slug: str, survey: str) -> None:
    """Take no more answers to SURVEY (slug or id) and send nothing more."""
    workspace = Workspace.by_slug(slug)
    with transaction():
        Survey.of(workspace.id, survey).close(at=clock.now())


@surveys.command("pause")
@workspace_option
@click.argument("survey")
@with_appcontext
def pause_survey(slug: str, survey: str) -> None:
    """Hold back the mails of SURVEY (slug or id) that wait to go out."""
    workspace = Workspace.by_slug(slug)
    with transaction():
        found = Survey.of(workspace.id, survey)
        found.pause(at=clock.now())
        click.echo(f"paused; {Invitation.waiting(found.id)} wait")


@surveys.command("resume")
@workspace_option
@click.argument("survey")
@with_appcontext
def resume_survey(slug: str, survey: str) -> None:
    """Let the mails of SURVEY (slug or id) go that were held back."""
    workspace = Workspace.by_slug(slug)
    with transaction():
        found = Survey.of(workspace.id, survey)
        found.resume(at=clock.now())
        click.echo(f"sending; {Invitation.waiting(found.id)} wait")


@surveys.command("stop")
@workspace_option
@click.argument("survey")
@click.option("--yes", is_flag=True, help="Stop without asking.")
@with_appcontext
def stop_survey(*, slug: str, survey: str, yes: bool) -> None:
    """Do not ask those whom SURVEY (slug or id) was still to ask. This cannot be undone."""
    workspace = Workspace.by_slug(slug)
    found = Survey.of(workspace.id, survey)
    if not yes:
        waiting = Invitation.waiting(found.id)
        click.confirm(f"{waiting} people who wait will not be asked. Stop?", default=False, abort=True)
    with transaction():
        jobs.stop(Survey.of(workspace.id, survey), at=clock.now())
    click.echo("stopping; whoever still waits is taken off the list in the background")


@surveys.group("texts")
def texts() -> None:
    """A survey's words, out to a translator and back."""


@texts.command("export")
@workspace_option
@click.argument("survey")
@click.option("--locale", "locales", multiple=True, help="Into which language; XLIFF takes several, and all without.")
@click.option("--from", "source", help="From which language; the survey's main one without.")
@click.option("--format", "kind", type=click.Choice(list(ENDINGS)), required=True)
@click.option("--output", type=click.Path(dir_okay=False, writable=True), help="A file; standard output without.")
@click.option("--no-bom", is_flag=True, help="CSV without the byte order mark that Excel needs.")
@with_appcontext
def export_texts(
    *,
    slug: str,
    survey: str,
    locales: tuple[str, ...],
    source: str | None,
    kind: Kind,
    output: str | None,
    no_bom: bool,
) -> None:
    """Write the texts of SURVEY (slug or id) in two languages, as CSV or XLIFF 1.2."""
    draft = Survey.of(Workspace.by_slug(slug).id, survey).draft
    source = source or draft["default_locale"]
    chosen = locales or tuple(tag for tag in draft["locales"] if tag != source)
    if strange := [tag for tag in (source, *chosen) if tag not in draft["locales"]]:
        raise click.BadParameter(f"the survey is asked in {', '.join(draft['locales'])}, not in {strange[0]}")
    if not chosen or (kind == "csv" and len(chosen) > 1):
        raise click.BadParameter("name the one language that a CSV is to hold with --locale")
    wish = Wish(source, chosen, name_of(slug, survey), mark=not no_bom)
    data = write(draft, kind, wish, Names.of(draft).place)
    with click.open_file(output or "-", "wb") as file:
        file.write(data)


@texts.command("import")
@workspace_option
@click.argument("survey")
@click.argument("file", type=click.File("rb"))
@click.option("--locale", help="The language of a CSV that does not name it; the survey's main one without.")
@click.option("--format", "kind", type=click.Choice(list(ENDINGS)), help="Told by the file itself without.")
@click.option("--yes", is_flag=True, help="Take the changes without asking.")
@with_appcontext
def import_texts(*, slug: str, survey: str, file: BinaryIO, locale: str | None, kind: Kind | None, yes: bool) -> None:
    """Show what FILE would change in the draft of SURVEY (slug or id), and take it when told so.

    Texts that cannot be taken are listed on standard error, and the exit code is 1 then; the others are taken.
    """
    found = Survey.of(Workspace.by_slug(slug).id, survey)
    try:
        units, source = read(file.read(), name_of(slug, found.slug), locale or found.draft["default_locale"], kind)
    except UnreadableError as error:
        raise InvalidError(file_problem(error)) from None
    source = source if source in found.draft["locales"] else found.draft["default_locale"]
    verdict = judge(found.draft, units, source)
    for one in verdict.taken:
        click.echo(f"{one.locale}\t{one.key}\t{one.before!r} → {one.after!r}")
    for wrong in verdict.refused:
        click.echo(f"{wrong.locale}\t{wrong.key}\t{reason(wrong.code, wrong.values)}", err=True)
    if verdict.taken and (yes or click.confirm(f"Take {len(verdict.taken)} texts?", default=False, abort=True)):
        with transaction():
            found = Survey.of(Workspace.by_slug(slug).id, survey)
            taken = judge(found.draft, units, source).taken
            found.save_draft(applied(found.draft, taken), revision=found.draft_revision, at=clock.now())
    click.echo(f"{len(verdict.taken)} taken, {len(verdict.refused)} refused, {verdict.same} the same")
    if verdict.refused:
        raise InvalidError("Some texts could not be taken; the reasons are above.")


commands: tuple[click.Command, ...] = (surveys,)
