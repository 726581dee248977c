"""Our things in the words of ActivityStreams 2.0, and others' back. Pure functions: no database, no network.

Keys, types and order of languages follow `docs/protocol/FEDERATION.md`; every rule there is a server that would
otherwise drop, hide or garble what a neighbourhood says.
"""
