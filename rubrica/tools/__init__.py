"""Tools: code that checks facts about candidates."""
