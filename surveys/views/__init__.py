"""surveys views. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from surveys.views import (
    contacts,
    editing,
    interpreting,
    previewing,
    publishing,
    surveys,
    testing,
    translating,
    unsubscribing,
    uploading,
)

blueprints: tuple[Blueprint, ...] = (
    surveys.bp,
    editing.bp,
    previewing.bp,
    publishing.bp,
    testing.bp,
    contacts.bp,
    uploading.bp,
    translating.bp,
    interpreting.bp,
    unsubscribing.bp,
)
