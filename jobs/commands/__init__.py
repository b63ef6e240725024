"""The commands of the command line, by what they are about; importing a module adds its own."""
