"""What readers see: each view is a pure function of a run's record, and a thin writer."""
