"""From mentions to concepts of a terminology."""
