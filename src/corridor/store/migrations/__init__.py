"""The migrations, run by `corridor.store.migrate`; they only go forward."""
