"""What a call is: request, completion, evidence, canonical form, fingerprint, redaction, modes. No I/O, no clock."""
