"""Hardware profiles: what each elementary step costs on a machine, number by number with source."""
