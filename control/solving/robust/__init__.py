"""What solve does where one solve is not enough: other starts on a coarse mesh, and other transcriptions.

second_look.py      whether the first solve's end is good enough, and what is tried where it is not
coarse_starts.py    a few starts on a coarse mesh, and the paths that they lead to
random_guess.py     a random guess, drawn from bounds
relaxed_program.py  a program whose constraints may be violated at a price: where dynamics are only nearly followed
"""
