"""What each kind of statement may hold, to the last member."""
