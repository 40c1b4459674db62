"""Pages of accounts. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from accounts.views import account, accounts, apikeys, outbox, probing, resets, settings, team, welcome

blueprints: tuple[Blueprint, ...] = (
    accounts.bp,
    welcome.bp,
    resets.bp,
    account.bp,
    settings.bp,
    team.bp,
    apikeys.bp,
    outbox.bp,
    probing.bp,
)
