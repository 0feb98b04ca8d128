"""schedules.yaml by form: a campaign's settings and the shop's guards, with the difference before saving."""
