"""Dataspace Protocol 2025-1 without input or output: messages, tables, machines, binding and codecs.

Four ideas carry the package:

- a **message** is a frozen value that knows no wire version (`messages`, `catalog`);
- a **table** says which message moves a process from which state to which (`states`); all else is an error;
- a **machine** applies the table: `step(process, event)` gives the process after the event and the **commands** that
  the caller has to carry out (`negotiation`, `transfer`, on the common ground of `process`);
- a **codec** per wire version turns decoded JSON into messages and back (`codec`), and the **binding** says where a
  message goes over HTTP (`binding`).
"""
