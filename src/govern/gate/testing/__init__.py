"""`govern policy test`: evidence made from cases, run by the ordinary readers, checks and decision."""
