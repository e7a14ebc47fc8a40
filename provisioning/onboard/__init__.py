"""What runs on a board during a deploy, and after it: Python's standard library and nothing else.

It travels as a zip (provisioning/program.py) and runs from memory; only a switch between releases, which must survive
the operator, the connection and the plug, runs from a file. Whatever is cut off leaves the old release or the new one
as ``current``, and the next run heals the rest.

    layout, failure, files, journal    where things lie, what goes wrong, how a write survives, what was done
    wire, session, operations          the conversation with the operator
    lock, blobs, releases, packages, check    from files to a release that has proved itself
    systemd, trial, gate, activation   the switch: health, and the way back
    removal                            what is not needed any more
"""
