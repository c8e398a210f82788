"""Dialogs and full screens that stand above the panes."""
