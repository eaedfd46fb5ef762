"""What a run comes to, judged once: every view (report, terminal, Markdown, JSON) renders this."""
