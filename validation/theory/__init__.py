"""The paper's statements as numerical checks, with both sides shown."""
