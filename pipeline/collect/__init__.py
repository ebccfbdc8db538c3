"""Where raw documents come from: files and folders, or the Ombudsman's site."""
