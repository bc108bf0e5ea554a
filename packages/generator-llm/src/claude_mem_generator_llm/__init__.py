# SPDX-License-Identifier: Apache-2.0
"""Generators that ask a model: Anthropic, Gemini, any OpenAI-compatible endpoint."""
