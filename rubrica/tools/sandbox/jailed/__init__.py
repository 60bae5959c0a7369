"""What runs behind the jail's walls: the zygote that forks, and what hosts the program in each fork."""
