"""Who solves the nonlinear program, behind one call.

program.py                   a program compiled for a back-end; the table of back-ends
back_end.py                  what a back-end tells of itself, and the settings it is asked for
ipopt.py, fatrop.py, sqp.py  the back-ends
compiled_solver.py           the program as CasADi's solver, and options that it refuses
status.py                    how a solve ended, and the last iterate
diagnosis/                   why a solver gave up, and what of the problem stands in the way
iteration_callback.py        progress, time limits and wishes to stop
solver_call.py               one call of a solver, out of which there is always a way
solver_output.py             what solvers print, kept from the console
scaling/                     how large everything is, the same in all units
stagewise.py                 first and second derivatives, put together from those of one interval
single_shooting.py           a program without its inner nodes, and the way back
turned_angles.py             controls that are angles, without whole turns between neighbours
"""
