"""The doctor's checks: small modules on one set of facts, each with one subject."""
