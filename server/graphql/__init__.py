"""GraphQL over HTTP, and GraphiQL: the native door."""
