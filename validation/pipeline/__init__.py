"""The main job: truths, networks, comparison, report; resumable part by part."""
