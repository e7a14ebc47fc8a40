"""What a board is: its model, processor, memory and limits. Imports none of the other packages."""
