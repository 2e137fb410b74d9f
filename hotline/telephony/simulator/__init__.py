"""A fake Twilio: plays TwiML to fake phones, signs its webhooks, answers REST. For demonstration, load and tests."""
