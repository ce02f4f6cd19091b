"""Database clients: Tortoise's own, with what this project needs on top."""
