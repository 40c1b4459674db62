"""surveys views. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from surveys.views import (
    contacts,
    copying,
    drafting,
    editing,
    exchanging,
    interpreting,
    logos,
    looks,
    places,
    previewing,
    publishing,
    starting,
    surveys,
    templating,
    terms,
    testing,
    translating,
    unsubscribing,
    uploading,
    versions,
)

blueprints: tuple[Blueprint, ...] = (
    starting.bp,
    surveys.bp,
    templating.bp,
    exchanging.bp,
    editing.bp,
    drafting.bp,
    previewing.bp,
    publishing.bp,
    versions.bp,
    copying.bp,
    testing.bp,
    places.bp,
    terms.bp,
    contacts.bp,
    uploading.bp,
    translating.bp,
    interpreting.bp,
    unsubscribing.bp,
    looks.bp,
    logos.bp,
)
