"""The wordings: the list, and the editor with its fields, preview, versions and conflicts."""
