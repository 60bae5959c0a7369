"""The library: a versioned, content-addressed store of skills, tools and scoring."""
