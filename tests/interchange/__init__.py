"""Tests of recordings of other tools."""
