define void @forward_0(ptr %operation, ptr %addresses) {
entry:
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 14
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 15
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v30, i64 %v32
  %v34 = getelementptr inbounds i64, ptr %operation, i64 16
  %v35 = load i64, ptr %v34
  %v36 = getelementptr inbounds i64, ptr %operation, i64 17
  %v37 = load i64, ptr %v36
  %v38 = getelementptr inbounds ptr, ptr %addresses, i64 %v37
  %v39 = load ptr, ptr %v38
  %v40 = getelementptr inbounds i64, ptr %operation, i64 18
  %v41 = load i64, ptr %v40
  %v42 = getelementptr inbounds float, ptr %v39, i64 %v41
  %v43 = getelementptr inbounds i64, ptr %operation, i64 19
  %v44 = load i64, ptr %v43
  %v45 = getelementptr inbounds i64, ptr %operation, i64 20
  %v46 = load i64, ptr %v45
  %v47 = getelementptr inbounds ptr, ptr %addresses, i64 %v46
  %v48 = load ptr, ptr %v47
  %v49 = getelementptr inbounds i64, ptr %operation, i64 21
  %v50 = load i64, ptr %v49
  %v51 = getelementptr inbounds float, ptr %v48, i64 %v50
  %v52 = getelementptr inbounds i64, ptr %operation, i64 22
  %v53 = load i64, ptr %v52
  %v54 = getelementptr inbounds i64, ptr %operation, i64 23
  %v55 = load i64, ptr %v54
  %v56 = getelementptr inbounds ptr, ptr %addresses, i64 %v55
  %v57 = load ptr, ptr %v56
  %v58 = getelementptr inbounds i64, ptr %operation, i64 24
  %v59 = load i64, ptr %v58
  %v60 = getelementptr inbounds float, ptr %v57, i64 %v59
  %v61 = getelementptr inbounds i64, ptr %operation, i64 25
  %v62 = load i64, ptr %v61
  %v63 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v64 = load ptr, ptr %v63
  %v65 = getelementptr inbounds i64, ptr %operation, i64 6
  %v66 = load i64, ptr %v65
  %v67 = mul i64 0, %v44
  %v68 = add i64 %v67, %v5
  %v69 = getelementptr inbounds float, ptr %v42, i64 %v68
  %v70 = mul i64 0, %v53
  %v71 = add i64 %v70, %v5
  %v72 = getelementptr inbounds float, ptr %v51, i64 %v71
  br label %head73
head73:
  %i73 = phi i64 [ %v1, %entry ], [ %next73, %latch73 ]
  %more73 = icmp slt i64 %i73, %v3
  br i1 %more73, label %body73, label %exit73
body73:
  %v74 = mul i64 %i73, %v17
  %v75 = add i64 %v74, %v5
  %v76 = getelementptr inbounds float, ptr %v15, i64 %v75
  %v77 = mul i64 %i73, %v26
  %v78 = add i64 %v77, %v5
  %v79 = getelementptr inbounds float, ptr %v24, i64 %v78
  %v80 = mul i64 %i73, %v35
  %v81 = add i64 %v80, %v5
  %v82 = getelementptr inbounds float, ptr %v33, i64 %v81
  %v83 = mul i64 %i73, %v62
  %v84 = add i64 %v83, %v5
  %v85 = getelementptr inbounds float, ptr %v60, i64 %v84
  %v86 = mul i64 %i73, %v66
  %v87 = add i64 %v86, %v5
  br label %head88
head88:
  %i88 = phi i64 [ 0, %body73 ], [ %next88, %latch88 ]
  %more88 = icmp slt i64 %i88, %v8
  br i1 %more88, label %body88, label %exit88
body88:
  %v89 = getelementptr inbounds float, ptr %v76, i64 %i88
  %v90 = load float, ptr %v89
  %v91 = getelementptr inbounds float, ptr %v69, i64 %i88
  %v92 = load float, ptr %v91
  %v93 = fadd contract arcp nsz float %v90, %v92
  %v94 = getelementptr inbounds float, ptr %v72, i64 %i88
  %v95 = load float, ptr %v94
  %v96 = fcmp ogt float %v93, 0x0000000000000000
  %v97 = fcmp uno float %v93, %v93
  %v98 = or i1 %v96, %v97
  %v99 = select i1 %v98, float %v93, float 0x0000000000000000
  %v100 = fcmp olt float %v93, 0x0000000000000000
  %v101 = fcmp uno float %v93, %v93
  %v102 = or i1 %v100, %v101
  %v103 = select i1 %v102, float %v93, float 0x0000000000000000
  %v104 = fmul contract arcp nsz float %v95, %v103
  %v105 = fadd contract arcp nsz float %v99, %v104
  %v106 = getelementptr inbounds float, ptr %v79, i64 %i88
  store float %v105, ptr %v106
  br label %latch88
latch88:
  %next88 = add nsw i64 %i88, 1
  br label %head88
exit88:
  br label %latch73
latch73:
  %next73 = add nsw i64 %i73, 1
  br label %head73
exit73:
  ret void
}

define void @backward_0(ptr %operation, ptr %addresses) {
entry:
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 14
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 15
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v30, i64 %v32
  %v34 = getelementptr inbounds i64, ptr %operation, i64 16
  %v35 = load i64, ptr %v34
  %v36 = getelementptr inbounds i64, ptr %operation, i64 17
  %v37 = load i64, ptr %v36
  %v38 = getelementptr inbounds ptr, ptr %addresses, i64 %v37
  %v39 = load ptr, ptr %v38
  %v40 = getelementptr inbounds i64, ptr %operation, i64 18
  %v41 = load i64, ptr %v40
  %v42 = getelementptr inbounds float, ptr %v39, i64 %v41
  %v43 = getelementptr inbounds i64, ptr %operation, i64 19
  %v44 = load i64, ptr %v43
  %v45 = getelementptr inbounds i64, ptr %operation, i64 20
  %v46 = load i64, ptr %v45
  %v47 = getelementptr inbounds ptr, ptr %addresses, i64 %v46
  %v48 = load ptr, ptr %v47
  %v49 = getelementptr inbounds i64, ptr %operation, i64 21
  %v50 = load i64, ptr %v49
  %v51 = getelementptr inbounds float, ptr %v48, i64 %v50
  %v52 = getelementptr inbounds i64, ptr %operation, i64 22
  %v53 = load i64, ptr %v52
  %v54 = getelementptr inbounds i64, ptr %operation, i64 23
  %v55 = load i64, ptr %v54
  %v56 = getelementptr inbounds ptr, ptr %addresses, i64 %v55
  %v57 = load ptr, ptr %v56
  %v58 = getelementptr inbounds i64, ptr %operation, i64 24
  %v59 = load i64, ptr %v58
  %v60 = getelementptr inbounds float, ptr %v57, i64 %v59
  %v61 = getelementptr inbounds i64, ptr %operation, i64 25
  %v62 = load i64, ptr %v61
  %v63 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v64 = load ptr, ptr %v63
  %v65 = getelementptr inbounds i64, ptr %operation, i64 6
  %v66 = load i64, ptr %v65
  %v67 = mul i64 0, %v44
  %v68 = add i64 %v67, %v5
  %v69 = getelementptr inbounds float, ptr %v42, i64 %v68
  %v70 = mul i64 0, %v53
  %v71 = add i64 %v70, %v5
  %v72 = getelementptr inbounds float, ptr %v51, i64 %v71
  br label %head73
head73:
  %i73 = phi i64 [ %v1, %entry ], [ %next73, %latch73 ]
  %more73 = icmp slt i64 %i73, %v3
  br i1 %more73, label %body73, label %exit73
body73:
  %v74 = mul i64 %i73, %v17
  %v75 = add i64 %v74, %v5
  %v76 = getelementptr inbounds float, ptr %v15, i64 %v75
  %v77 = mul i64 %i73, %v26
  %v78 = add i64 %v77, %v5
  %v79 = getelementptr inbounds float, ptr %v24, i64 %v78
  %v80 = mul i64 %i73, %v35
  %v81 = add i64 %v80, %v5
  %v82 = getelementptr inbounds float, ptr %v33, i64 %v81
  %v83 = mul i64 %i73, %v62
  %v84 = add i64 %v83, %v5
  %v85 = getelementptr inbounds float, ptr %v60, i64 %v84
  %v86 = mul i64 %i73, %v66
  %v87 = add i64 %v86, %v5
  br label %head88
head88:
  %i88 = phi i64 [ 0, %body73 ], [ %next88, %latch88 ]
  %more88 = icmp slt i64 %i88, %v8
  br i1 %more88, label %body88, label %exit88
body88:
  %v89 = getelementptr inbounds float, ptr %v76, i64 %i88
  %v90 = load float, ptr %v89
  %v91 = getelementptr inbounds float, ptr %v69, i64 %i88
  %v92 = load float, ptr %v91
  %v93 = fadd contract arcp nsz float %v90, %v92
  %v94 = getelementptr inbounds float, ptr %v82, i64 %i88
  %v95 = load float, ptr %v94
  %v96 = getelementptr inbounds float, ptr %v72, i64 %i88
  %v97 = load float, ptr %v96
  %v98 = fcmp ogt float %v93, 0x0000000000000000
  %v99 = select i1 %v98, float 0x3FF0000000000000, float 0x0000000000000000
  %v100 = fcmp ole float %v93, 0x0000000000000000
  %v101 = select i1 %v100, float 0x3FF0000000000000, float 0x0000000000000000
  %v102 = fmul contract arcp nsz float %v97, %v101
  %v103 = fadd contract arcp nsz float %v99, %v102
  %v104 = fmul contract arcp nsz float %v103, %v95
  %v105 = fcmp olt float %v93, 0x0000000000000000
  %v106 = fcmp uno float %v93, %v93
  %v107 = or i1 %v105, %v106
  %v108 = select i1 %v107, float %v93, float 0x0000000000000000
  %v109 = fmul contract arcp nsz float %v108, %v95
  %v110 = getelementptr inbounds float, ptr %v82, i64 %i88
  store float %v104, ptr %v110
  %v111 = getelementptr inbounds float, ptr %v85, i64 %i88
  store float %v109, ptr %v111
  br label %latch88
latch88:
  %next88 = add nsw i64 %i88, 1
  br label %head88
exit88:
  br label %latch73
latch73:
  %next73 = add nsw i64 %i73, 1
  br label %head73
exit73:
  ret void
}

define void @forward_1(ptr %operation, ptr %addresses) {
entry:
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 14
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 15
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v30, i64 %v32
  %v34 = getelementptr inbounds i64, ptr %operation, i64 16
  %v35 = load i64, ptr %v34
  %v36 = getelementptr inbounds i64, ptr %operation, i64 17
  %v37 = load i64, ptr %v36
  %v38 = getelementptr inbounds ptr, ptr %addresses, i64 %v37
  %v39 = load ptr, ptr %v38
  %v40 = getelementptr inbounds i64, ptr %operation, i64 18
  %v41 = load i64, ptr %v40
  %v42 = getelementptr inbounds float, ptr %v39, i64 %v41
  %v43 = getelementptr inbounds i64, ptr %operation, i64 19
  %v44 = load i64, ptr %v43
  %v45 = getelementptr inbounds i64, ptr %operation, i64 20
  %v46 = load i64, ptr %v45
  %v47 = getelementptr inbounds ptr, ptr %addresses, i64 %v46
  %v48 = load ptr, ptr %v47
  %v49 = getelementptr inbounds i64, ptr %operation, i64 21
  %v50 = load i64, ptr %v49
  %v51 = getelementptr inbounds float, ptr %v48, i64 %v50
  %v52 = getelementptr inbounds i64, ptr %operation, i64 22
  %v53 = load i64, ptr %v52
  %v54 = getelementptr inbounds i64, ptr %operation, i64 23
  %v55 = load i64, ptr %v54
  %v56 = getelementptr inbounds ptr, ptr %addresses, i64 %v55
  %v57 = load ptr, ptr %v56
  %v58 = getelementptr inbounds i64, ptr %operation, i64 24
  %v59 = load i64, ptr %v58
  %v60 = getelementptr inbounds float, ptr %v57, i64 %v59
  %v61 = getelementptr inbounds i64, ptr %operation, i64 25
  %v62 = load i64, ptr %v61
  %v63 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v64 = load ptr, ptr %v63
  %v65 = getelementptr inbounds i64, ptr %operation, i64 6
  %v66 = load i64, ptr %v65
  %v67 = mul i64 0, %v44
  %v68 = add i64 %v67, %v5
  %v69 = getelementptr inbounds float, ptr %v42, i64 %v68
  br label %head70
head70:
  %i70 = phi i64 [ %v1, %entry ], [ %next70, %latch70 ]
  %more70 = icmp slt i64 %i70, %v3
  br i1 %more70, label %body70, label %exit70
body70:
  %v71 = mul i64 %i70, %v17
  %v72 = add i64 %v71, %v5
  %v73 = getelementptr inbounds float, ptr %v15, i64 %v72
  %v74 = mul i64 %i70, %v26
  %v75 = add i64 %v74, %v5
  %v76 = getelementptr inbounds float, ptr %v24, i64 %v75
  %v77 = mul i64 %i70, %v35
  %v78 = add i64 %v77, %v5
  %v79 = getelementptr inbounds float, ptr %v33, i64 %v78
  %v80 = mul i64 %i70, %v62
  %v81 = add i64 %v80, %v5
  %v82 = getelementptr inbounds float, ptr %v60, i64 %v81
  %v83 = mul i64 %i70, %v66
  %v84 = add i64 %v83, %v5
  %v85 = load float, ptr %v51
  br label %head86
head86:
  %i86 = phi i64 [ 0, %body70 ], [ %next86, %latch86 ]
  %more86 = icmp slt i64 %i86, %v8
  br i1 %more86, label %body86, label %exit86
body86:
  %v87 = getelementptr inbounds float, ptr %v73, i64 %i86
  %v88 = load float, ptr %v87
  %v89 = getelementptr inbounds float, ptr %v69, i64 %i86
  %v90 = load float, ptr %v89
  %v91 = fadd contract arcp nsz float %v88, %v90
  %v92 = fcmp ogt float %v91, 0x0000000000000000
  %v93 = fcmp uno float %v91, %v91
  %v94 = or i1 %v92, %v93
  %v95 = select i1 %v94, float %v91, float 0x0000000000000000
  %v96 = fcmp olt float %v91, 0x0000000000000000
  %v97 = fcmp uno float %v91, %v91
  %v98 = or i1 %v96, %v97
  %v99 = select i1 %v98, float %v91, float 0x0000000000000000
  %v100 = fmul contract arcp nsz float %v85, %v99
  %v101 = fadd contract arcp nsz float %v95, %v100
  %v102 = getelementptr inbounds float, ptr %v76, i64 %i86
  store float %v101, ptr %v102
  br label %latch86
latch86:
  %next86 = add nsw i64 %i86, 1
  br label %head86
exit86:
  br label %latch70
latch70:
  %next70 = add nsw i64 %i70, 1
  br label %head70
exit70:
  ret void
}

define void @backward_1(ptr %operation, ptr %addresses) {
entry:
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 14
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 15
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v30, i64 %v32
  %v34 = getelementptr inbounds i64, ptr %operation, i64 16
  %v35 = load i64, ptr %v34
  %v36 = getelementptr inbounds i64, ptr %operation, i64 17
  %v37 = load i64, ptr %v36
  %v38 = getelementptr inbounds ptr, ptr %addresses, i64 %v37
  %v39 = load ptr, ptr %v38
  %v40 = getelementptr inbounds i64, ptr %operation, i64 18
  %v41 = load i64, ptr %v40
  %v42 = getelementptr inbounds float, ptr %v39, i64 %v41
  %v43 = getelementptr inbounds i64, ptr %operation, i64 19
  %v44 = load i64, ptr %v43
  %v45 = getelementptr inbounds i64, ptr %operation, i64 20
  %v46 = load i64, ptr %v45
  %v47 = getelementptr inbounds ptr, ptr %addresses, i64 %v46
  %v48 = load ptr, ptr %v47
  %v49 = getelementptr inbounds i64, ptr %operation, i64 21
  %v50 = load i64, ptr %v49
  %v51 = getelementptr inbounds float, ptr %v48, i64 %v50
  %v52 = getelementptr inbounds i64, ptr %operation, i64 22
  %v53 = load i64, ptr %v52
  %v54 = getelementptr inbounds i64, ptr %operation, i64 23
  %v55 = load i64, ptr %v54
  %v56 = getelementptr inbounds ptr, ptr %addresses, i64 %v55
  %v57 = load ptr, ptr %v56
  %v58 = getelementptr inbounds i64, ptr %operation, i64 24
  %v59 = load i64, ptr %v58
  %v60 = getelementptr inbounds float, ptr %v57, i64 %v59
  %v61 = getelementptr inbounds i64, ptr %operation, i64 25
  %v62 = load i64, ptr %v61
  %v63 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v64 = load ptr, ptr %v63
  %v65 = getelementptr inbounds i64, ptr %operation, i64 6
  %v66 = load i64, ptr %v65
  %v67 = mul i64 0, %v44
  %v68 = add i64 %v67, %v5
  %v69 = getelementptr inbounds float, ptr %v42, i64 %v68
  br label %head70
head70:
  %i70 = phi i64 [ %v1, %entry ], [ %next70, %latch70 ]
  %more70 = icmp slt i64 %i70, %v3
  br i1 %more70, label %body70, label %exit70
body70:
  %v71 = mul i64 %i70, %v17
  %v72 = add i64 %v71, %v5
  %v73 = getelementptr inbounds float, ptr %v15, i64 %v72
  %v74 = mul i64 %i70, %v26
  %v75 = add i64 %v74, %v5
  %v76 = getelementptr inbounds float, ptr %v24, i64 %v75
  %v77 = mul i64 %i70, %v35
  %v78 = add i64 %v77, %v5
  %v79 = getelementptr inbounds float, ptr %v33, i64 %v78
  %v80 = mul i64 %i70, %v62
  %v81 = add i64 %v80, %v5
  %v82 = getelementptr inbounds float, ptr %v60, i64 %v81
  %v83 = mul i64 %i70, %v66
  %v84 = add i64 %v83, %v5
  %v85 = load float, ptr %v51
  br label %head86
head86:
  %i86 = phi i64 [ 0, %body70 ], [ %next86, %latch86 ]
  %more86 = icmp slt i64 %i86, %v8
  br i1 %more86, label %body86, label %exit86
body86:
  %v87 = getelementptr inbounds float, ptr %v73, i64 %i86
  %v88 = load float, ptr %v87
  %v89 = getelementptr inbounds float, ptr %v69, i64 %i86
  %v90 = load float, ptr %v89
  %v91 = fadd contract arcp nsz float %v88, %v90
  %v92 = getelementptr inbounds float, ptr %v79, i64 %i86
  %v93 = load float, ptr %v92
  %v94 = fcmp ogt float %v91, 0x0000000000000000
  %v95 = select i1 %v94, float 0x3FF0000000000000, float 0x0000000000000000
  %v96 = fcmp ole float %v91, 0x0000000000000000
  %v97 = select i1 %v96, float 0x3FF0000000000000, float 0x0000000000000000
  %v98 = fmul contract arcp nsz float %v85, %v97
  %v99 = fadd contract arcp nsz float %v95, %v98
  %v100 = fmul contract arcp nsz float %v99, %v93
  %v101 = fcmp olt float %v91, 0x0000000000000000
  %v102 = fcmp uno float %v91, %v91
  %v103 = or i1 %v101, %v102
  %v104 = select i1 %v103, float %v91, float 0x0000000000000000
  %v105 = fmul contract arcp nsz float %v104, %v93
  %v106 = getelementptr inbounds float, ptr %v79, i64 %i86
  store float %v100, ptr %v106
  %v107 = getelementptr inbounds float, ptr %v82, i64 %i86
  store float %v105, ptr %v107
  br label %latch86
latch86:
  %next86 = add nsw i64 %i86, 1
  br label %head86
exit86:
  br label %latch70
latch70:
  %next70 = add nsw i64 %i70, 1
  br label %head70
exit70:
  ret void
}

define void @clip_0_weights(ptr %operation, ptr %addresses) {
entry:
  %s44 = alloca float
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 14
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 15
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v30, i64 %v32
  %v34 = getelementptr inbounds i64, ptr %operation, i64 16
  %v35 = load i64, ptr %v34
  %v36 = getelementptr inbounds ptr, ptr %addresses, i64 7
  %v37 = load ptr, ptr %v36
  %v38 = getelementptr inbounds float, ptr %v37, i64 %v5
  %v39 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v40 = load ptr, ptr %v39
  %v41 = getelementptr inbounds float, ptr %v40, i64 0
  %v42 = load float, ptr %v41
  %v43 = fmul contract arcp nsz float 0x3FE0000000000000, %v42
  store float 0xFFF0000000000000, ptr %s44
  br label %head45
head45:
  %i45 = phi i64 [ 0, %entry ], [ %next45, %latch45 ]
  %more45 = icmp slt i64 %i45, %v8
  br i1 %more45, label %body45, label %exit45
body45:
  %v46 = getelementptr inbounds float, ptr %v15, i64 %i45
  %v47 = load float, ptr %v46
  %v48 = getelementptr inbounds float, ptr %v38, i64 %i45
  %v49 = load float, ptr %v48
  %v50 = fmul contract arcp nsz float %v43, %v49
  %v51 = fadd contract arcp nsz float %v47, %v50
  %v52 = call float @llvm.fabs.f32(float %v51)
  %v53 = load float, ptr %s44
  %v54 = call float @llvm.maximum.f32(float %v53, float %v52)
  store float %v54, ptr %s44
  br label %latch45
latch45:
  %next45 = add nsw i64 %i45, 1
  br label %head45
exit45:
  %v55 = load float, ptr %s44
  store float %v55, ptr %v33
  ret void
}

define void @clip_1_weights(ptr %operation, ptr %addresses) {
entry:
  %s47 = alloca float
  %s62 = alloca float
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 14
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 15
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v30, i64 %v32
  %v34 = getelementptr inbounds i64, ptr %operation, i64 16
  %v35 = load i64, ptr %v34
  %v36 = getelementptr inbounds ptr, ptr %addresses, i64 7
  %v37 = load ptr, ptr %v36
  %v38 = getelementptr inbounds float, ptr %v37, i64 %v5
  %v39 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v40 = load ptr, ptr %v39
  %v41 = getelementptr inbounds float, ptr %v40, i64 0
  %v42 = load float, ptr %v41
  %v43 = mul i64 %v26, 0
  %v44 = getelementptr inbounds float, ptr %v24, i64 %v43
  %v45 = getelementptr inbounds i64, ptr %operation, i64 6
  %v46 = load i64, ptr %v45
  store float 0xFFF0000000000000, ptr %s47
  br label %head48
head48:
  %i48 = phi i64 [ 0, %entry ], [ %next48, %latch48 ]
  %more48 = icmp slt i64 %i48, %v46
  br i1 %more48, label %body48, label %exit48
body48:
  %v49 = getelementptr inbounds float, ptr %v44, i64 %i48
  %v50 = load float, ptr %v49
  %v51 = load float, ptr %s47
  %v52 = fcmp ogt float %v51, %v50
  %v53 = fcmp uno float %v51, %v51
  %v54 = or i1 %v52, %v53
  %v55 = select i1 %v54, float %v51, float %v50
  store float %v55, ptr %s47
  br label %latch48
latch48:
  %next48 = add nsw i64 %i48, 1
  br label %head48
exit48:
  %v56 = load float, ptr %s47
  %v57 = fmul contract arcp nsz float 0x3FE0000000000000, %v42
  %v58 = fcmp ogt float %v56, 0x3FF0000000000000
  %v59 = fcmp uno float %v56, %v56
  %v60 = or i1 %v58, %v59
  %v61 = select i1 %v60, float %v56, float 0x3FF0000000000000
  store float 0x0000000000000000, ptr %s62
  br label %head63
head63:
  %i63 = phi i64 [ 0, %exit48 ], [ %next63, %latch63 ]
  %more63 = icmp slt i64 %i63, %v8
  br i1 %more63, label %body63, label %exit63
body63:
  %v64 = getelementptr inbounds float, ptr %v15, i64 %i63
  %v65 = load float, ptr %v64
  %v66 = getelementptr inbounds float, ptr %v38, i64 %i63
  %v67 = load float, ptr %v66
  %v68 = fmul contract arcp nsz float %v57, %v67
  %v69 = fadd contract arcp nsz float %v65, %v68
  %v70 = fdiv contract arcp nsz float %v69, %v61
  %v71 = fmul contract arcp nsz float %v70, %v70
  %v72 = load float, ptr %s62
  %v73 = fadd reassoc contract arcp nsz float %v72, %v71
  store float %v73, ptr %s62
  br label %latch63
latch63:
  %next63 = add nsw i64 %i63, 1
  br label %head63
exit63:
  %v74 = load float, ptr %s62
  store float %v74, ptr %v33
  ret void
}

define void @update_weights(ptr %operation, ptr %addresses) {
entry:
  %s42 = alloca float
  %s56 = alloca float
  %s75 = alloca float
  %s76 = alloca float
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds ptr, ptr %addresses, i64 7
  %v28 = load ptr, ptr %v27
  %v29 = getelementptr inbounds float, ptr %v28, i64 %v5
  %v30 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v31 = load ptr, ptr %v30
  %v32 = getelementptr inbounds ptr, ptr %addresses, i64 5
  %v33 = load ptr, ptr %v32
  %v34 = getelementptr inbounds float, ptr %v31, i64 0
  %v35 = load float, ptr %v34
  %v36 = getelementptr inbounds float, ptr %v31, i64 1
  %v37 = load float, ptr %v36
  %v38 = mul i64 %v26, 0
  %v39 = getelementptr inbounds float, ptr %v24, i64 %v38
  %v40 = getelementptr inbounds i64, ptr %operation, i64 6
  %v41 = load i64, ptr %v40
  store float 0xFFF0000000000000, ptr %s42
  br label %head43
head43:
  %i43 = phi i64 [ 0, %entry ], [ %next43, %latch43 ]
  %more43 = icmp slt i64 %i43, %v41
  br i1 %more43, label %body43, label %exit43
body43:
  %v44 = getelementptr inbounds float, ptr %v39, i64 %i43
  %v45 = load float, ptr %v44
  %v46 = load float, ptr %s42
  %v47 = fcmp ogt float %v46, %v45
  %v48 = fcmp uno float %v46, %v46
  %v49 = or i1 %v47, %v48
  %v50 = select i1 %v49, float %v46, float %v45
  store float %v50, ptr %s42
  br label %latch43
latch43:
  %next43 = add nsw i64 %i43, 1
  br label %head43
exit43:
  %v51 = load float, ptr %s42
  %v52 = mul i64 %v26, 1
  %v53 = getelementptr inbounds float, ptr %v24, i64 %v52
  %v54 = getelementptr inbounds i64, ptr %operation, i64 6
  %v55 = load i64, ptr %v54
  store float 0x0000000000000000, ptr %s56
  br label %head57
head57:
  %i57 = phi i64 [ 0, %exit43 ], [ %next57, %latch57 ]
  %more57 = icmp slt i64 %i57, %v55
  br i1 %more57, label %body57, label %exit57
body57:
  %v58 = getelementptr inbounds float, ptr %v53, i64 %i57
  %v59 = load float, ptr %v58
  %v60 = load float, ptr %s56
  %v61 = fadd contract arcp nsz float %v60, %v59
  store float %v61, ptr %s56
  br label %latch57
latch57:
  %next57 = add nsw i64 %i57, 1
  br label %head57
exit57:
  %v62 = load float, ptr %s56
  %v63 = fmul contract arcp nsz float 0x3FE0000000000000, %v35
  %v64 = fcmp ogt float %v51, 0x3FF0000000000000
  %v65 = fcmp uno float %v51, %v51
  %v66 = or i1 %v64, %v65
  %v67 = select i1 %v66, float %v51, float 0x3FF0000000000000
  %v68 = call float @llvm.sqrt.f32(float %v62)
  %v69 = fdiv contract arcp nsz float 0x3FF0000000000000, %v67
  %v70 = fcmp ogt float %v68, %v69
  %v71 = fcmp uno float %v68, %v68
  %v72 = or i1 %v70, %v71
  %v73 = select i1 %v72, float %v68, float %v69
  %v74 = fdiv contract arcp nsz float %v69, %v73
  store float 0x0000000000000000, ptr %s75
  store float 0x0000000000000000, ptr %s76
  br label %head77
head77:
  %i77 = phi i64 [ 0, %exit57 ], [ %next77, %latch77 ]
  %more77 = icmp slt i64 %i77, %v8
  br i1 %more77, label %body77, label %exit77
body77:
  %v78 = getelementptr inbounds float, ptr %v29, i64 %i77
  %v79 = load float, ptr %v78
  %v80 = getelementptr inbounds float, ptr %v15, i64 %i77
  %v81 = load float, ptr %v80
  %v82 = fmul contract arcp nsz float 0x3FD0000000000000, %v79
  %v83 = fmul contract arcp nsz float %v82, %v79
  %v84 = fmul contract arcp nsz float %v63, %v79
  %v85 = fadd contract arcp nsz float %v81, %v84
  %v86 = fmul contract arcp nsz float %v85, %v85
  %v87 = fmul contract arcp nsz float %v85, %v74
  %v88 = fmul contract arcp nsz float %v87, %v37
  %v89 = fsub contract arcp nsz float %v79, %v88
  %v90 = load float, ptr %s75
  %v91 = fadd reassoc contract arcp nsz float %v90, %v83
  store float %v91, ptr %s75
  %v92 = load float, ptr %s76
  %v93 = fadd reassoc contract arcp nsz float %v92, %v86
  store float %v93, ptr %s76
  %v94 = getelementptr inbounds float, ptr %v29, i64 %i77
  store float %v89, ptr %v94
  br label %latch77
latch77:
  %next77 = add nsw i64 %i77, 1
  br label %head77
exit77:
  %v95 = load float, ptr %s75
  %v96 = load float, ptr %s76
  %v97 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v98 = load ptr, ptr %v97
  %v99 = getelementptr inbounds double, ptr %v98, i64 1
  %v100 = fpext float %v96 to double
  %v101 = load double, ptr %v99
  %v102 = fadd double %v101, %v100
  store double %v102, ptr %v99
  %v103 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v104 = load ptr, ptr %v103
  %v105 = getelementptr inbounds double, ptr %v104, i64 2
  %v106 = fpext float %v95 to double
  %v107 = load double, ptr %v105
  %v108 = fadd double %v107, %v106
  store double %v108, ptr %v105
  ret void
}

define void @clip_0_biases(ptr %operation, ptr %addresses) {
entry:
  %s43 = alloca float
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 14
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 15
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v30, i64 %v32
  %v34 = getelementptr inbounds i64, ptr %operation, i64 16
  %v35 = load i64, ptr %v34
  %v36 = getelementptr inbounds ptr, ptr %addresses, i64 7
  %v37 = load ptr, ptr %v36
  %v38 = getelementptr inbounds float, ptr %v37, i64 %v5
  %v39 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v40 = load ptr, ptr %v39
  %v41 = getelementptr inbounds float, ptr %v40, i64 0
  %v42 = load float, ptr %v41
  store float 0xFFF0000000000000, ptr %s43
  br label %head44
head44:
  %i44 = phi i64 [ 0, %entry ], [ %next44, %latch44 ]
  %more44 = icmp slt i64 %i44, %v8
  br i1 %more44, label %body44, label %exit44
body44:
  %v45 = getelementptr inbounds float, ptr %v15, i64 %i44
  %v46 = load float, ptr %v45
  %v47 = call float @llvm.fabs.f32(float %v46)
  %v48 = load float, ptr %s43
  %v49 = call float @llvm.maximum.f32(float %v48, float %v47)
  store float %v49, ptr %s43
  br label %latch44
latch44:
  %next44 = add nsw i64 %i44, 1
  br label %head44
exit44:
  %v50 = load float, ptr %s43
  store float %v50, ptr %v33
  ret void
}

define void @clip_1_biases(ptr %operation, ptr %addresses) {
entry:
  %s47 = alloca float
  %s61 = alloca float
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 14
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 15
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v30, i64 %v32
  %v34 = getelementptr inbounds i64, ptr %operation, i64 16
  %v35 = load i64, ptr %v34
  %v36 = getelementptr inbounds ptr, ptr %addresses, i64 7
  %v37 = load ptr, ptr %v36
  %v38 = getelementptr inbounds float, ptr %v37, i64 %v5
  %v39 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v40 = load ptr, ptr %v39
  %v41 = getelementptr inbounds float, ptr %v40, i64 0
  %v42 = load float, ptr %v41
  %v43 = mul i64 %v26, 0
  %v44 = getelementptr inbounds float, ptr %v24, i64 %v43
  %v45 = getelementptr inbounds i64, ptr %operation, i64 6
  %v46 = load i64, ptr %v45
  store float 0xFFF0000000000000, ptr %s47
  br label %head48
head48:
  %i48 = phi i64 [ 0, %entry ], [ %next48, %latch48 ]
  %more48 = icmp slt i64 %i48, %v46
  br i1 %more48, label %body48, label %exit48
body48:
  %v49 = getelementptr inbounds float, ptr %v44, i64 %i48
  %v50 = load float, ptr %v49
  %v51 = load float, ptr %s47
  %v52 = fcmp ogt float %v51, %v50
  %v53 = fcmp uno float %v51, %v51
  %v54 = or i1 %v52, %v53
  %v55 = select i1 %v54, float %v51, float %v50
  store float %v55, ptr %s47
  br label %latch48
latch48:
  %next48 = add nsw i64 %i48, 1
  br label %head48
exit48:
  %v56 = load float, ptr %s47
  %v57 = fcmp ogt float %v56, 0x3FF0000000000000
  %v58 = fcmp uno float %v56, %v56
  %v59 = or i1 %v57, %v58
  %v60 = select i1 %v59, float %v56, float 0x3FF0000000000000
  store float 0x0000000000000000, ptr %s61
  br label %head62
head62:
  %i62 = phi i64 [ 0, %exit48 ], [ %next62, %latch62 ]
  %more62 = icmp slt i64 %i62, %v8
  br i1 %more62, label %body62, label %exit62
body62:
  %v63 = getelementptr inbounds float, ptr %v15, i64 %i62
  %v64 = load float, ptr %v63
  %v65 = fdiv contract arcp nsz float %v64, %v60
  %v66 = fmul contract arcp nsz float %v65, %v65
  %v67 = load float, ptr %s61
  %v68 = fadd reassoc contract arcp nsz float %v67, %v66
  store float %v68, ptr %s61
  br label %latch62
latch62:
  %next62 = add nsw i64 %i62, 1
  br label %head62
exit62:
  %v69 = load float, ptr %s61
  store float %v69, ptr %v33
  ret void
}

define void @update_biases(ptr %operation, ptr %addresses) {
entry:
  %s42 = alloca float
  %s56 = alloca float
  %s74 = alloca float
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds ptr, ptr %addresses, i64 7
  %v28 = load ptr, ptr %v27
  %v29 = getelementptr inbounds float, ptr %v28, i64 %v5
  %v30 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v31 = load ptr, ptr %v30
  %v32 = getelementptr inbounds ptr, ptr %addresses, i64 5
  %v33 = load ptr, ptr %v32
  %v34 = getelementptr inbounds float, ptr %v31, i64 0
  %v35 = load float, ptr %v34
  %v36 = getelementptr inbounds float, ptr %v31, i64 1
  %v37 = load float, ptr %v36
  %v38 = mul i64 %v26, 0
  %v39 = getelementptr inbounds float, ptr %v24, i64 %v38
  %v40 = getelementptr inbounds i64, ptr %operation, i64 6
  %v41 = load i64, ptr %v40
  store float 0xFFF0000000000000, ptr %s42
  br label %head43
head43:
  %i43 = phi i64 [ 0, %entry ], [ %next43, %latch43 ]
  %more43 = icmp slt i64 %i43, %v41
  br i1 %more43, label %body43, label %exit43
body43:
  %v44 = getelementptr inbounds float, ptr %v39, i64 %i43
  %v45 = load float, ptr %v44
  %v46 = load float, ptr %s42
  %v47 = fcmp ogt float %v46, %v45
  %v48 = fcmp uno float %v46, %v46
  %v49 = or i1 %v47, %v48
  %v50 = select i1 %v49, float %v46, float %v45
  store float %v50, ptr %s42
  br label %latch43
latch43:
  %next43 = add nsw i64 %i43, 1
  br label %head43
exit43:
  %v51 = load float, ptr %s42
  %v52 = mul i64 %v26, 1
  %v53 = getelementptr inbounds float, ptr %v24, i64 %v52
  %v54 = getelementptr inbounds i64, ptr %operation, i64 6
  %v55 = load i64, ptr %v54
  store float 0x0000000000000000, ptr %s56
  br label %head57
head57:
  %i57 = phi i64 [ 0, %exit43 ], [ %next57, %latch57 ]
  %more57 = icmp slt i64 %i57, %v55
  br i1 %more57, label %body57, label %exit57
body57:
  %v58 = getelementptr inbounds float, ptr %v53, i64 %i57
  %v59 = load float, ptr %v58
  %v60 = load float, ptr %s56
  %v61 = fadd contract arcp nsz float %v60, %v59
  store float %v61, ptr %s56
  br label %latch57
latch57:
  %next57 = add nsw i64 %i57, 1
  br label %head57
exit57:
  %v62 = load float, ptr %s56
  %v63 = fcmp ogt float %v51, 0x3FF0000000000000
  %v64 = fcmp uno float %v51, %v51
  %v65 = or i1 %v63, %v64
  %v66 = select i1 %v65, float %v51, float 0x3FF0000000000000
  %v67 = call float @llvm.sqrt.f32(float %v62)
  %v68 = fdiv contract arcp nsz float 0x3FF0000000000000, %v66
  %v69 = fcmp ogt float %v67, %v68
  %v70 = fcmp uno float %v67, %v67
  %v71 = or i1 %v69, %v70
  %v72 = select i1 %v71, float %v67, float %v68
  %v73 = fdiv contract arcp nsz float %v68, %v72
  store float 0x0000000000000000, ptr %s74
  br label %head75
head75:
  %i75 = phi i64 [ 0, %exit57 ], [ %next75, %latch75 ]
  %more75 = icmp slt i64 %i75, %v8
  br i1 %more75, label %body75, label %exit75
body75:
  %v76 = getelementptr inbounds float, ptr %v29, i64 %i75
  %v77 = load float, ptr %v76
  %v78 = getelementptr inbounds float, ptr %v15, i64 %i75
  %v79 = load float, ptr %v78
  %v80 = fmul contract arcp nsz float %v79, %v79
  %v81 = fmul contract arcp nsz float %v79, %v73
  %v82 = fmul contract arcp nsz float %v81, %v37
  %v83 = fsub contract arcp nsz float %v77, %v82
  %v84 = load float, ptr %s74
  %v85 = fadd reassoc contract arcp nsz float %v84, %v80
  store float %v85, ptr %s74
  %v86 = getelementptr inbounds float, ptr %v29, i64 %i75
  store float %v83, ptr %v86
  br label %latch75
latch75:
  %next75 = add nsw i64 %i75, 1
  br label %head75
exit75:
  %v87 = load float, ptr %s74
  %v88 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v89 = load ptr, ptr %v88
  %v90 = getelementptr inbounds double, ptr %v89, i64 1
  %v91 = fpext float %v87 to double
  %v92 = load double, ptr %v90
  %v93 = fadd double %v92, %v91
  store double %v93, ptr %v90
  ret void
}

define void @add_squares(ptr %operation, ptr %addresses) {
entry:
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v28 = load ptr, ptr %v27
  %v29 = getelementptr inbounds i64, ptr %operation, i64 6
  %v30 = load i64, ptr %v29
  %v31 = mul i64 0, %v26
  %v32 = add i64 %v31, %v5
  %v33 = getelementptr inbounds float, ptr %v24, i64 %v32
  br label %head34
head34:
  %i34 = phi i64 [ %v1, %entry ], [ %next34, %latch34 ]
  %more34 = icmp slt i64 %i34, %v3
  br i1 %more34, label %body34, label %exit34
body34:
  %v35 = mul i64 %i34, %v17
  %v36 = add i64 %v35, %v5
  %v37 = getelementptr inbounds float, ptr %v15, i64 %v36
  %v38 = mul i64 %i34, %v30
  %v39 = add i64 %v38, %v5
  br label %head40
head40:
  %i40 = phi i64 [ 0, %body34 ], [ %next40, %latch40 ]
  %more40 = icmp slt i64 %i40, %v8
  br i1 %more40, label %body40, label %exit40
body40:
  %v41 = getelementptr inbounds float, ptr %v37, i64 %i40
  %v42 = load float, ptr %v41
  %v43 = fmul contract arcp nsz float %v42, %v42
  %v44 = getelementptr inbounds float, ptr %v33, i64 %i40
  %v45 = load float, ptr %v44
  %v46 = fadd contract arcp nsz float %v45, %v43
  %v47 = getelementptr inbounds float, ptr %v33, i64 %i40
  store float %v46, ptr %v47
  br label %latch40
latch40:
  %next40 = add nsw i64 %i40, 1
  br label %head40
exit40:
  br label %latch34
latch34:
  %next34 = add nsw i64 %i34, 1
  br label %head34
exit34:
  ret void
}

define void @norm_factors(ptr %operation, ptr %addresses) {
entry:
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v28 = load ptr, ptr %v27
  %v29 = getelementptr inbounds i64, ptr %operation, i64 6
  %v30 = load i64, ptr %v29
  %v31 = mul i64 0, %v26
  %v32 = add i64 %v31, %v5
  %v33 = getelementptr inbounds float, ptr %v24, i64 %v32
  br label %head34
head34:
  %i34 = phi i64 [ %v1, %entry ], [ %next34, %latch34 ]
  %more34 = icmp slt i64 %i34, %v3
  br i1 %more34, label %body34, label %exit34
body34:
  %v35 = mul i64 %i34, %v17
  %v36 = add i64 %v35, %v5
  %v37 = getelementptr inbounds float, ptr %v15, i64 %v36
  %v38 = mul i64 %i34, %v30
  %v39 = add i64 %v38, %v5
  br label %head40
head40:
  %i40 = phi i64 [ 0, %body34 ], [ %next40, %latch40 ]
  %more40 = icmp slt i64 %i40, %v8
  br i1 %more40, label %body40, label %exit40
body40:
  %v41 = getelementptr inbounds float, ptr %v33, i64 %i40
  %v42 = load float, ptr %v41
  %v43 = call float @llvm.sqrt.f32(float %v42)
  %v44 = fcmp ogt float %v43, 0x4000000000000000
  %v45 = fcmp uno float %v43, %v43
  %v46 = or i1 %v44, %v45
  %v47 = select i1 %v46, float %v43, float 0x4000000000000000
  %v48 = fdiv contract arcp nsz float 0x4000000000000000, %v47
  %v49 = getelementptr inbounds float, ptr %v33, i64 %i40
  store float %v48, ptr %v49
  br label %latch40
latch40:
  %next40 = add nsw i64 %i40, 1
  br label %head40
exit40:
  br label %latch34
latch34:
  %next34 = add nsw i64 %i34, 1
  br label %head34
exit34:
  ret void
}

define void @scale_columns(ptr %operation, ptr %addresses) {
entry:
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v28 = load ptr, ptr %v27
  %v29 = getelementptr inbounds i64, ptr %operation, i64 6
  %v30 = load i64, ptr %v29
  %v31 = mul i64 0, %v26
  %v32 = add i64 %v31, %v5
  %v33 = getelementptr inbounds float, ptr %v24, i64 %v32
  br label %head34
head34:
  %i34 = phi i64 [ %v1, %entry ], [ %next34, %latch34 ]
  %more34 = icmp slt i64 %i34, %v3
  br i1 %more34, label %body34, label %exit34
body34:
  %v35 = mul i64 %i34, %v17
  %v36 = add i64 %v35, %v5
  %v37 = getelementptr inbounds float, ptr %v15, i64 %v36
  %v38 = mul i64 %i34, %v30
  %v39 = add i64 %v38, %v5
  br label %head40
head40:
  %i40 = phi i64 [ 0, %body34 ], [ %next40, %latch40 ]
  %more40 = icmp slt i64 %i40, %v8
  br i1 %more40, label %body40, label %exit40
body40:
  %v41 = getelementptr inbounds float, ptr %v37, i64 %i40
  %v42 = load float, ptr %v41
  %v43 = getelementptr inbounds float, ptr %v33, i64 %i40
  %v44 = load float, ptr %v43
  %v45 = fmul contract arcp nsz float %v42, %v44
  %v46 = getelementptr inbounds float, ptr %v37, i64 %i40
  store float %v45, ptr %v46
  br label %latch40
latch40:
  %next40 = add nsw i64 %i40, 1
  br label %head40
exit40:
  br label %latch34
latch34:
  %next34 = add nsw i64 %i34, 1
  br label %head34
exit34:
  ret void
}
