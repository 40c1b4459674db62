"""surveys views. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from surveys.views import (
    contacts,
    copying,
    editing,
    previewing,
    publishing,
    surveys,
    testing,
    unsubscribing,
    uploading,
    versions,
)

blueprints: tuple[Blueprint, ...] = (
    surveys.bp,
    editing.bp,
    previewing.bp,
    publishing.bp,
    versions.bp,
    copying.bp,
    testing.bp,
    contacts.bp,
    uploading.bp,
    unsubscribing.bp,
)
