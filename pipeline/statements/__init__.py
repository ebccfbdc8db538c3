"""Statements as published in, decisions out: decode, html, lines, sections, header, statement, duplicates."""
