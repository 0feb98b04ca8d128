"""Reports: named queries become rows (figures), and rows become pages for people and programs (render_*)."""
