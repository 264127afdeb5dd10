"""The main job: truths, networks, comparison, report; resumable part by part. And the same for files.

settings.py             what the main job is asked to do
main_job.py             the main job
duration.py             how long it will take, and whether it can be done at all
networks.py             the networks of one scheme, trained and kept
comparison_of_files.py  truth and networks from files
files_to_compare.py     reading those files
report_records.py       what the report says of a truth and of a network
outcome.py              where the report is, and what it found
"""
