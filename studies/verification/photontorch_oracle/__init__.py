"""Our circuits as photontorch solves them: an independent check of fields and powers."""
