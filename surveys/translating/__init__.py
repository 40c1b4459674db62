"""A survey's words beside each other in two languages, and their way to translators and back.

`rows` is what there is to translate; `tables` (CSV) and `xliff` write and read files; `judging` says of what came back
what can be taken. Nothing here keeps anything.
"""
