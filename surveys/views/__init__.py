"""surveys views. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from surveys.views import contacts, editing, places, previewing, publishing, surveys, testing, unsubscribing, uploading

blueprints: tuple[Blueprint, ...] = (
    surveys.bp,
    editing.bp,
    previewing.bp,
    publishing.bp,
    testing.bp,
    places.bp,
    contacts.bp,
    uploading.bp,
    unsubscribing.bp,
)
