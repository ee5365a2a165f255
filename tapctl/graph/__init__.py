"""Talking to Microsoft Graph: plain JSON in and out, Graph's errors as ours."""
