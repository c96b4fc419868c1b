"""Tests of `tv_appearances`, a module for each module."""
