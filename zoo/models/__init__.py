"""The architectures: one file each, all of them LightningModules on ``zoo.models.tagger.Tagger``."""
