"""Optimisers on one flat parameter vector, on the array API standard alone.

Two honest kinds. First-order methods (`first_order`, `muon`, `schedule_free`) make one update a batch from the
gradient and some state; `schedules` gives them their learning rates. Full-batch methods (`full_batch`, with the
directions of `directions` and the search of `line_search`) minimise a deterministic function and know why they stopped.

Symbols: ``theta`` parameters (..., P), ``g`` gradient, ``lr`` learning rate; in Adam ``m, v, b1, b2``; in
quasi-Newton methods ``s, y, rho, gamma``.
"""
