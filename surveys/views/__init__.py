"""surveys views. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from surveys.views import (
    contacts,
    drafting,
    editing,
    previewing,
    publishing,
    surveys,
    testing,
    unsubscribing,
    uploading,
)

blueprints: tuple[Blueprint, ...] = (
    surveys.bp,
    editing.bp,
    drafting.bp,
    previewing.bp,
    publishing.bp,
    testing.bp,
    contacts.bp,
    uploading.bp,
    unsubscribing.bp,
)
