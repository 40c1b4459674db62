"""Comments are searched, narrowed, tagged, noted and marked as new; what is found is right at every moment."""

from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location

import pytest
import time_machine
from sqlalchemy import delete, select, update

from base import clock
from base.db import db, transaction
from base.errors import InvalidError, NotFoundError
from feedback import inbox
from feedback.concordance import Concordance
from feedback.feed import Query
from feedback.response import Response
from feedback.searching import fact, wish_of
from feedback.tag import TAKEN, Tag, Tagging
from feedback.tally import Filters
from surveys.contact import Contact
from surveys.erasure import Erasure
from tests.cast import AT, a_response, a_survey, an_invitation
from tests.feedback.said import SAID, all_said
from tests.house.tree import ROOT
from tests.meanwhile import held_up


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, name="Support")


@pytest.fixture
def said(survey, run_jobs):
    return all_said(survey, run_jobs)


def found(workspace, typed, **more):
    """What is found, newest first, as the places of the comments."""
    query = Query(workspace_id=workspace.id, commented=True, wish=wish_of(typed), **more)
    return [SAID.index(entry.response.comment) for entry in inbox.page(query, limit=50).entries]


WISHES = [
        ("ΣΟΦΟΣ", [0]), ("σοφοσ", [0]), ("περιμενα ωρες", [0]), ("cakal zal", [1]), ("ŽAL", [1]), ("еще елка", [2]),
        ("zle lodz", [3]), ("parcel shop", [5, 4]), ('"shop parcel"', [5]), ('"the shop', [5, 4]), ("serv", [5]),
    ("serv ", []), ("par ship", []), ("dont", []), ("don't", [4]), ("服务", [6]), ("务服", []),
    ("", [6, 5, 4, 3, 2, 1, 0]),
]  # fmt: skip


def test_words_are_found_however_they_are_written_all_of_them_and_the_last_while_it_is_typed(cast, said):
    assert {typed: found(cast.workspace, typed) for typed, _ in WISHES} == dict(WISHES)


def test_nothing_that_is_typed_is_an_error(cast, said):
    odd = ['"', "' OR 1=1 --", "NEAR(a b)", "a* AND", "NOT x", "document:parcel", "^a", "-", "(", '"" "', "{x}", "_w1"]
    odd += ["\0", "\ud800", "a" * 5000, "! & | <->", ":*", "\\", "%", "é" * 300, "١٢٣", "\u0301", "“", "»", "a\u00adb"]
    for typed in odd:
        found(cast.workspace, typed)
    assert found(cast.workspace, "(((") == found(cast.workspace, "NOT parcel") == []


def test_a_comment_is_found_before_it_was_read_and_after_it_changed(cast, survey, run_jobs):
    asked = an_invitation(survey)

    def hits(typed):
        query = Query(workspace_id=cast.workspace.id, wish=wish_of(typed))
        return len(inbox.page(query, limit=9).entries)

    a_response(asked, 3, "Zamuda, zelo počasi")
    assert (hits("pocas"), hits("hitro")) == (1, 0)
    run_jobs()
    assert (hits("pocas"), hits("hitro")) == (1, 0)
    a_response(asked, 9, "Zdaj pa hitro")
    assert (hits("pocas"), hits("hitro")) == (0, 1)
    run_jobs()
    assert (hits("pocas"), hits("hitro")) == (0, 1)
    with transaction() as session:
        session.execute(update(Response).values(comment="Written by hand"))
    assert (hits("pocas"), hits("hitro")) == (0, 0)


def test_the_words_of_an_erased_person_are_found_no_more(cast, said):
    with transaction() as session:
        contact = session.scalar(select(Contact).where(Contact.email == "c4@customer.example"))
        Erasure.of(contact, at=clock.now())
    assert found(cast.workspace, "parcel") == [5]
    with transaction() as session:
        contact = session.scalar(select(Contact).where(Contact.email == "c5@customer.example"))
        Erasure.of(contact, at=clock.now(), answers_too=True)
    assert found(cast.workspace, "parcel") == []
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            blocks = connection.exec_driver_sql("SELECT block FROM concordance_words_data").scalars().all()
        assert b"parcel" not in b"".join(bytes(block) for block in blocks)


def test_filters_join_with_words_and_with_each_other(cast, said, survey):
    with transaction() as session:
        tag = session.merge(said[4]).add_tag("Shop", at=AT, by=cast.cvetka.id)
    assert found(cast.workspace, "parcel", filters=Filters(agent="Zala")) == [5]
    assert found(cast.workspace, "", filters=Filters(agent="Vid", band="detractor")) == [6, 4, 2, 0]
    assert found(cast.workspace, "", filters=Filters(language="sl")) == [1]
    assert found(cast.workspace, "", filters=Filters(sentiment="unread")) == []
    assert found(cast.workspace, "", tags=(tag.id,)) == [4]
    assert found(cast.workspace, "", tags=(tag.id,), filters=Filters(agent="Zala")) == []
    assert found(cast.workspace, "", since=AT + timedelta(minutes=2), until=AT + timedelta(minutes=4)) == [3, 2]
    assert found(cast.workspace, "", flagged=True) == []
    assert found(cast.elsewhere, "parcel") == []


@pytest.mark.parametrize("typed", [None, "c0mm0n"])
def test_pages_follow_one_another_both_ways_and_miss_nothing(cast, survey, run_jobs, typed):
    for number in range(11):
        with time_machine.travel(AT + timedelta(seconds=number // 3), tick=False):
            asked = an_invitation(survey, email=f"p{number}@c.example")
            a_response(asked, 5, f"c0mm0n {number}", at=clock.now())
        if number == 7:
            run_jobs()  # the last ones are still unread
    query = Query(workspace_id=cast.workspace.id, commented=True, wish=wish_of(typed))
    forward, after, pages = [], None, []
    while True:
        page = inbox.page(query, limit=4, after=after)
        pages.append([entry.response.id for entry in page.entries])
        forward += pages[-1]
        if page.older is None:
            break
        after = page.older
    assert len(forward) == len(set(forward)) == 11
    assert [len(one) for one in pages] == [4, 4, 3]
    back = inbox.page(query, limit=4, before=page.newer)
    assert [entry.response.id for entry in back.entries] == pages[1]
    assert inbox.size(query).n == 11
    assert inbox.size(query, most=5) == inbox.Size(5, more=True)


def test_many_anonymous_answers_of_one_day_are_all_found(cast, survey, run_jobs):
    with clock.standing_at(AT):
        for number in range(6):
            a_response(an_invitation(survey, email=f"s{number}@c.example"), 5, "same moment", at=AT)
    run_jobs()
    query = Query(workspace_id=cast.workspace.id, wish=wish_of("same moment"))
    assert inbox.size(query).n == 6


def test_tags_are_renamed_and_merged_in_one_place(cast, said):
    by = {"at": AT, "by": cast.cvetka.id}
    with transaction() as session:
        for number, names in ((1, ("Slow", "Shop")), (4, ("slow", "Délai")), (5, ("Shop",))):
            for name in names:
                session.merge(said[number]).add_tag(name, **by)
    counts = {known.tag.name: known.n for known in Tag.counted(cast.workspace.id)}
    assert counts == {"Délai": 1, "Shop": 2, "Slow": 2}
    with transaction():
        left = Tag.called(cast.workspace.id, "DELAI").rename("slow", **by)
        Tag.called(cast.workspace.id, "shop").rename("Store", **by)
    assert {known.tag.name: known.n for known in Tag.counted(cast.workspace.id)} == {"Slow": 2, "Store": 2}
    assert found(cast.workspace, "", tags=tuple(left.aliases())) == [4, 1]
    with transaction():
        store = Tag.called(cast.workspace.id, "store")
        store.merge(Tag.called(cast.workspace.id, "slow"), **by)
    assert found(cast.workspace, "parcel", tags=tuple(left.aliases())) == [5, 4]
    with transaction() as session:
        session.merge(said[4]).take_tag(left.id)
    assert found(cast.workspace, "parcel", tags=tuple(left.aliases())) == [5]
    with transaction():
        Tag.of(cast.workspace.id, left.id).remove(**by)
    assert Tag.counted(cast.workspace.id) == []


def two_tags(workspace, by):
    with transaction():
        return [Tag.make(workspace.id, name, **by).id for name in ("Slow", "Shop")]


def merged(one, other, by):
    with transaction() as session:
        session.get_one(Tag, one).merge(session.get_one(Tag, other), **by)


def test_of_two_who_merge_two_tags_into_each_other_one_is_told_that_the_other_did(cast):
    by, faults = {"at": AT, "by": cast.cvetka.id}, []
    slow, shop = two_tags(cast.workspace, by)
    with held_up(lambda: merged(shop, slow, by), faults) as session:
        session.get_one(Tag, slow).merge(session.get_one(Tag, shop), **by)
    assert [type(fault) for fault in faults] == [InvalidError]
    assert "changed meanwhile" in faults[0].fields["name"]
    assert [tag.id for tag in Tag.all_of(cast.workspace.id)] == [shop]
    with pytest.raises(NotFoundError):  # whoever still sees the one that is gone
        merged(slow, shop, by)


def test_a_tag_that_is_given_while_it_is_merged_is_the_one_that_it_became(cast, said):
    by, faults = {"at": AT, "by": cast.cvetka.id}, []
    slow, shop = two_tags(cast.workspace, by)
    with held_up(lambda: merged(slow, shop, by), faults) as session:
        session.merge(said[4]).add_tag("slow", **by)
    assert faults == []
    assert Tagging.ids_of(said[4].id) == [shop]


def test_a_tag_that_is_merged_while_it_is_given_is_made_anew(cast, said):
    by, faults, ident = {"at": AT, "by": cast.cvetka.id}, [], said[4].id
    slow, shop = two_tags(cast.workspace, by)

    def give():
        with transaction() as session:
            session.get_one(Response, ident).add_tag("slow", **by)

    with held_up(give, faults) as session:
        session.get_one(Tag, slow).merge(session.get_one(Tag, shop), **by)
    assert faults == []
    assert [tag.into_id for tag in Tagging.of([ident])[ident]] == [None]


def test_two_who_call_two_tags_the_same_are_told_so(cast):
    by, faults = {"at": AT, "by": cast.cvetka.id}, []
    slow, shop = two_tags(cast.workspace, by)

    def rename():
        with transaction() as session:
            session.get_one(Tag, shop).rename("Délai", **by)

    with held_up(rename, faults) as session:
        session.get_one(Tag, slow).rename("delai", **by)
    assert [fault.fields for fault in faults] in ([], [{"name": TAKEN}])
    assert "delai" in {tag.key for tag in Tag.all_of(cast.workspace.id)}
    if faults:
        rename()  # again, they become one
    assert [tag.id for tag in Tag.all_of(cast.workspace.id)] == [slow]


def test_comments_of_before_the_update_are_found(cast, said):
    place = next((ROOT / "migrations" / "versions").glob("*_search_comments.py"))
    spec = spec_from_file_location("search_comments", place)
    migration = module_from_spec(spec)
    spec.loader.exec_module(migration)
    with transaction() as session:
        session.execute(delete(Concordance))
    assert found(cast.workspace, "parcel") == []
    with transaction() as session:
        migration._fill(session.connection(), session.get_bind().dialect.name == "postgresql")
    assert found(cast.workspace, "parcel") == [5, 4]
    assert found(cast.workspace, "", filters=Filters(agent="Vid")) == [6, 4, 2, 0]


def test_what_waits_in_another_workspace_hides_no_new_comment(cast, survey, monkeypatch):
    monkeypatch.setattr("feedback.unread.MOST", 2)
    fresh = a_response(an_invitation(survey), 1, "Where is my parcel?")
    there = a_survey(cast.elsewhere, name="Elsewhere")
    for name in "abc":
        a_response(an_invitation(there, email=f"{name}@customer.example"), 1, "Another parcel")
        a_response(an_invitation(survey, email=f"{name}@customer.example"), 1)
    query = Query(workspace_id=cast.workspace.id, commented=True, wish=wish_of("parcel"))
    assert [entry.response.id for entry in inbox.page(query, limit=5).entries] == [fresh.id]


def test_a_comment_that_somebody_let_be_found_meanwhile_is_found_by_what_is_known_of_it_now(cast, said, monkeypatch):
    seen, real = [], Concordance._known

    def late(idents):
        """The first look comes before the other's row."""
        seen.append(1)
        return real(idents) if len(seen) > 1 else set()

    monkeypatch.setattr(Concordance, "_known", late)
    with transaction() as session:
        Concordance.keep([(session.merge(said[4]), (), ["lighthouse"])])
    documents = db.session.scalars(select(Concordance.document).where(Concordance.response_id == said[4].id)).all()
    assert len(seen) == 2
    assert [fact("p", "lighthouse") in document for document in documents] == [True]
