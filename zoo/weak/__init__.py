"""More recall from text that nobody annotated: weak labels, their re-correction, and distillation."""
