"""jetbench: which JetStream configuration meets the goal, and how sure are we?"""
