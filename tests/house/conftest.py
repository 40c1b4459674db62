import pytest

from tests import town_again


@pytest.fixture
def town(app, cast):
    """A workspace where everything exists once, with the cast in it."""
    with town_again.standing(app, cast, 1) as (town,):
        yield town


@pytest.fixture
def towns(app, cast):
    """Acme and Elsewhere, both full."""
    with town_again.standing(app, cast, 2) as (here, there):
        yield here, there
